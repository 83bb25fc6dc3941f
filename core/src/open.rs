//! What can be registered by a program: one type for all types of a trait, and an entry of a registry.

/// Makes of a trait that has `NAME`, `TITLE`, `KEYS` and `from_keys` a type that holds any of its types and does what they do, and the
/// entry by which a registry knows one. Two of the type are equal if they are of one type and equal; they are serialised as what they are
/// called and their parameters.
macro_rules! open {
    (
        $(#[$of:meta])*
        pub struct $Open:ident of $Trait:ident {
            $($(#[$does:meta])* fn $name:ident(&self $(, $arg:ident: $Type:ty)*) $(-> $Return:ty)?;)+
        }

        $(#[$entry:meta])*
        pub struct $Entry:ident {
            $($(#[$has:meta])* $field:ident: $Field:ty = $CONSTANT:ident,)*
        }
    ) => {
        /// The trait without its type.
        trait Dynamic: std::fmt::Debug + Send + Sync {
            fn as_any(&self) -> &dyn std::any::Any;
            fn same(&self, other: &dyn Dynamic) -> bool;
            fn called(&self) -> &'static str;
            $(fn $name(&self $(, $arg: $Type)*) $(-> $Return)?;)+
        }

        impl<T: $Trait> Dynamic for T {
            fn as_any(&self) -> &dyn std::any::Any {
                self
            }

            fn same(&self, other: &dyn Dynamic) -> bool {
                other.as_any().downcast_ref::<T>() == Some(self)
            }

            fn called(&self) -> &'static str {
                T::NAME
            }

            $(fn $name(&self $(, $arg: $Type)*) $(-> $Return)? {
                $Trait::$name(self $(, $arg)*)
            })+
        }

        $(#[$of])*
        #[derive(Clone, Debug)]
        pub struct $Open(std::sync::Arc<dyn Dynamic>);

        impl $Open {
            /// Of one of its types.
            #[must_use]
            pub fn new(of: impl $Trait) -> Self {
                Self(std::sync::Arc::new(of))
            }

            /// Its word in scenarios.
            #[must_use]
            pub fn name(&self) -> &'static str {
                self.0.called()
            }

            $($(#[$does])* pub fn $name(&self $(, $arg: $Type)*) $(-> $Return)? {
                self.0.$name($($arg),*)
            })+
        }

        impl PartialEq for $Open {
            fn eq(&self, other: &Self) -> bool {
                self.0.same(&*other.0)
            }
        }

        impl serde::Serialize for $Open {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;
                let mut fields = serializer.serialize_struct(stringify!($Open), 2)?;
                fields.serialize_field("name", self.0.called())?;
                fields.serialize_field("parameters", &format!("{:?}", self.0))?;
                fields.end()
            }
        }

        $(#[$entry])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Entry {
            /// What a scenario calls it.
            pub name: &'static str,
            /// One line about it.
            pub title: &'static str,
            /// Its keys, in the order of the reference.
            pub keys: &'static [$crate::keys::ModelKey],
            $($(#[$has])* pub $field: $Field,)*
            make: fn(&dyn Fn(&str) -> Option<f64>) -> Result<$Open, Vec<$crate::keys::ModelFault>>,
        }

        impl $Entry {
            /// The entry of a type.
            #[must_use]
            pub fn of<T: $Trait>() -> Self {
                Self {
                    name: T::NAME,
                    title: T::TITLE,
                    keys: T::KEYS,
                    $($field: T::$CONSTANT,)*
                    make: |value| {
                        let mut read = $crate::keys::Reader::new(T::KEYS, value);
                        let made = T::from_keys(&mut read);
                        read.finish(made).map($Open::new)
                    },
                }
            }

            /// What these values in SI units make; a key that `value` does not know has its default.
            ///
            /// # Errors
            /// Every value that makes none.
            pub fn make(
                &self,
                value: &dyn Fn(&str) -> Option<f64>,
            ) -> Result<$Open, Vec<$crate::keys::ModelFault>> {
                (self.make)(value)
            }
        }
    };
}

pub(crate) use open;
